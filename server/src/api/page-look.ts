import type { FastifyRequest } from 'fastify'
import type { ErrorAnswer } from './answer-error.ts'
import { words as en } from './languages/en.ts'
import { words as vi } from './languages/vi.ts'

export type PageWords = typeof en

/** How a page is shown to whoever asked for it. */
export interface PageLook {
  /** A BCP 47 tag. */
  readonly language: string
  readonly words: PageWords
  /** Empty: as the system has it. */
  readonly theme: '' | 'light' | 'dark'
}

const languages = new Map<string, PageWords>([
  ['en', en],
  ['vi', vi],
])

/**
 * What was chosen in this browser (the client leaves it in these two cookies), else the language
 * that Accept-Language prefers, else English.
 */
export function lookOf({ cookies, headers }: FastifyRequest): PageLook {
  const chosen: Partial<Record<string, string>> = cookies ?? {}
  const kept = chosen['parley_language'] ?? ''
  const language = languages.has(kept) ? kept : preferredOf(headers['accept-language'] ?? '')
  const theme = chosen['parley_theme']
  return {
    language,
    words: languages.get(language)!,
    theme: theme === 'light' || theme === 'dark' ? theme : '',
  }
}

/** The language with the highest weight that there is; of equal ones the first. */
function preferredOf(acceptLanguage: string): string {
  let best = { language: 'en', weight: 0 }
  for (const range of acceptLanguage.split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim())
    const primary = tag.split('-')[0]!.toLowerCase()
    const language = primary === '*' ? 'en' : primary
    const given = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2)
    const weight = given === undefined ? 1 : Number(given)
    if (languages.has(language) && weight > best.weight) best = { language, weight }
  }
  return best.language
}

/** An error in the words of whoever meets it on a page. */
export function pageSentence(words: PageWords, { name, requestId }: ErrorAnswer): string {
  if (requestId !== undefined) return words.failed(requestId)
  if (name === 'notFound') return words.nothingHere
  if (name === 'permissionDenied') return words.notAllowed
  return name === 'unavailable' || name === 'tooManyRequests' ? words.busy : words.unreadable
}
