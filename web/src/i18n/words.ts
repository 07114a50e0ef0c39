import { shallowReactive } from 'vue'
import { keep, kept } from '../kept-choices.ts'
import { language as english } from './languages/en.ts'

export interface Language {
  direction: 'ltr' | 'rtl'
  words: typeof english.words
}

const loaders = import.meta.glob<Language>(['./languages/*.ts', '!./languages/en.ts'], {
  import: 'language',
})
const codeOf = (path: string): string => path.replace(/^.*\/([^/]+)\.ts$/, '$1')
const loaderOf = new Map(Object.entries(loaders).map(([path, load]) => [codeOf(path), load]))

/** The languages there are, as BCP 47 tags. */
export const languageCodes: readonly string[] = ['en', ...loaderOf.keys()].toSorted()

/** What is shown, in the language that was chosen. Reactive: use it in templates and in `computed`. */
export const words: Language['words'] = shallowReactive({ ...english.words })

/** The tag of that language, for `Intl`. */
export const language = shallowReactive({ code: 'en' })

/** The person's choice in this browser, or else the first language of the browser that there is. */
export function preferredLanguage(): string {
  const wanted = [kept('language') ?? '', ...navigator.languages]
  const known = wanted.map((tag) => tag.split('-')[0]!).find((code) => languageCodes.includes(code))
  return known ?? 'en'
}

/** Shows everything in this language from now on; rejects when its file cannot be loaded. */
export async function showLanguage(code: string): Promise<void> {
  const { direction, words: loaded } = (await loaderOf.get(code)?.()) ?? english
  Object.assign(words, loaded)
  language.code = code
  document.documentElement.lang = code
  document.documentElement.dir = direction
}

/** Shows this language and keeps the choice in this browser; undefined follows the browser again. */
export async function chooseLanguage(code: string | undefined): Promise<void> {
  keep('language', code)
  await showLanguage(code ?? preferredLanguage())
}

/** The language that was chosen here, if one was. */
export const chosenLanguage = (): string | undefined =>
  languageCodes.find((code) => code === kept('language'))

/** What a language is called by its speakers. */
export function nameOfLanguage(code: string): string {
  const name = new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1)
}
