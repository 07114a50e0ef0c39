/** Made-up people, rooms and talk: the same from the same seed, on every machine. */

/** A random number from 0 up to 1, from a fixed seed (mulberry32). */
export type Random = () => number

export function randomFrom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const below = (random: Random, end: number): number => Math.floor(random() * end)
const oneOf = <Item>(random: Random, items: readonly Item[]): Item =>
  items[below(random, items.length)]!

const words = (text: string): string[] => text.trim().split(/\s+/)

const firstNames = words(`ada amal anouk bela björn carla chen dario dilek elif emil esra fatima
  felix gaia goran hana hugo ida ines ivan jana joris kaya kenji lena liam lucía malik mara marek
  milo nadia niko nora olga omar paula petra rafael rosa sami selin tariq tove uma vera yara`)
const lastNames = words(`adler aydin berg blom costa demir duarte eklund farkas fischer gallo
  haddad holm ito jansen kaplan keller kovač lam lind marin meyer moreau nagy novak okoye olsen
  park petrov quinn rossi sato silva simon tanaka torres vogel weber wolff yilmaz zhang`)

/** The n-th name; all are different. */
export function fakeUsername(n: number): string {
  const first = firstNames[n % firstNames.length]!
  const last = lastNames[Math.floor(n / firstNames.length) % lastNames.length]!
  const round = Math.floor(n / (firstNames.length * lastNames.length))
  return `${first}.${last}${round === 0 ? '' : round + 1}`
}

const subjects = words(`Release Support Design Garden Kitchen Travel Onboarding Budget Library
  Weekend Music Hiking Server Newsletter Workshop Research Press Volunteers Choir Running`)
const kinds = words('team plans questions news ideas notes help planning')

export const fakeConversationName = (random: Random): string =>
  `${oneOf(random, subjects)} ${oneOf(random, kinds)}`

const openings = `I think|Good morning, |Quick question: |As far as I know |Yes, |No, |Maybe
  |Thanks, |By the way, |Just so you know: |Sorry, |Has anybody seen why|Great,|Hm, |Ja genau, |Merci, `
  .split('|')
  .map((each) => each.trim())
const nouns = words(`the meeting the draft the door the printer the cake the schedule the backup
  the deadline the photo the invoice the garden the train the coffee the new page the old version`)
const things = nouns.flatMap((word, index) =>
  word === 'the' ? [] : [`${nouns[index - 1] === 'the' ? 'the ' : ''}${word}`],
)
const endings = [
  'is ready',
  'moved to tomorrow',
  'needs another look',
  'works again',
  'is still missing',
  'looks really good now 🎉',
  'can wait until Monday',
  'was my fault, fixed it',
  'is on https://example.com/wiki/start',
  'takes longer than we thought',
  'gefällt mir viel besser so, schöne Grüße',
  'は明日でもいいですか',
]

const sentence = (random: Random): string =>
  `${oneOf(random, openings)} ${oneOf(random, things)} ${oneOf(random, endings)}.`

/** Mostly a sentence; sometimes a word, a paragraph, or several lines. */
export function fakeMessage(random: Random): string {
  const length = random()
  if (length < 0.15) return oneOf(random, ['ok', 'Thanks!', '👍', 'haha', 'on my way', 'Why?'])
  if (length < 0.85) return sentence(random)
  const count = 2 + below(random, 6)
  const separator = length < 0.95 ? ' ' : '\n'
  return Array.from({ length: count }, () => sentence(random)).join(separator)
}
