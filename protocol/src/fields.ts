import { z } from 'zod'
import { fullyQualified, isEmoji } from './emoji.ts'
import { limits } from './limits.ts'
import { namedIn } from './mentions.ts'

// zod would otherwise probe `new Function`, which a strict Content-Security-Policy reports.
z.config({ jitless: true })

const countChars = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

/** Text that PostgreSQL can store and every client shows alike: NFC, no NUL, no lone surrogate. */
const storable = () =>
  z
    .string()
    .refine((text) => text.isWellFormed(), 'must be valid Unicode')
    .refine((text) => !text.includes('\0'), 'must not contain NUL')
    .normalize('NFC')

/** `max` counts code points, after NFC. */
const chars = (min: number, max: number) =>
  storable().refine(
    (text) => {
      const count = countChars(text)
      return count >= min && count <= max
    },
    min === 0 ? `must have at most ${max} characters` : `must have ${min} to ${max} characters`,
  )

/** Something that is seen: `Default_Ignorable` are the letters that are not, U+2800 an empty pattern of dots. */
const notBlank = (text: string): boolean =>
  /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text)

/** Text that stays in its place among others: no line breaks, and nothing that turns what stands beside it. */
const oneLine = (min: number, max: number) =>
  chars(min, max).refine(
    (text) => !/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(text),
    'must be one line without control characters',
  )

export const content = chars(1, limits.contentMaxChars).refine(notBlank, 'must not be blank')
export const conversationName = oneLine(1, limits.conversationNameMaxChars).refine(
  notBlank,
  'must not be blank',
)

export const topic = oneLine(0, limits.topicMaxChars)
export const fullName = oneLine(0, limits.fullNameMaxChars)
export const about = chars(0, limits.aboutMaxChars)
  .overwrite((text) => text.replaceAll('\r\n', '\n'))
  .refine((text) => !/[^\P{Cc}\n]/u.test(text), 'must not contain control characters')
/** One emoji in the form that Unicode recommends, whichever it came in. */
export const emoji = z
  .string()
  .max(32, 'must be one emoji')
  .transform(fullyQualified)
  .refine(isEmoji, 'must be one emoji')

export const searchText = chars(1, limits.searchMaxChars).refine(notBlank, 'must not be blank')

/** Letters, digits and `. _ -`; unique ignoring case. */
export const username = chars(limits.usernameMinChars, limits.usernameMaxChars)
  .regex(/^[\p{L}\p{M}\p{N}._-]+$/u, 'may contain letters, digits, ".", "_" and "-"')
  .refine((name) => !namedIn(`@${name}`).everybody, 'must not mean everybody, as "all" does')

/** A name somebody typed to find a person: need not be one that could be given. */
export const typedName = storable().max(200, 'is too long')

/** Any text: passwords are not normalised, so that hashes made elsewhere keep verifying. */
export const password = z
  .string()
  .min(limits.passwordMinChars, `must have at least ${limits.passwordMinChars} characters`)
  .max(limits.passwordMaxChars, `must have at most ${limits.passwordMaxChars} characters`)

export const id = z.int('must be an integer').positive('must be positive')
export const seq = z.int('must be an integer').nonnegative('must not be negative')

/** A UUID that the client makes once per intent; repeating it is always safe. */
export const clientKey = z.guid('must be a UUID').toLowerCase()
/** ISO 8601 in UTC, as PostgreSQL has it: from the year 1 on, to the microsecond. */
export const timestamp = z.iso
  .datetime()
  .refine((text) => !/^0000|\.\d{7}/.test(text), 'must be a time with at most six decimals')
export const limit = (max: number, fallback: number) =>
  z
    .int('must be an integer')
    .min(1, 'must be at least 1')
    .max(max, `must be at most ${max}`)
    .default(fallback)
