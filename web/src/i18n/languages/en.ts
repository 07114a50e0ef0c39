import { pluralsIn } from '../plurals.ts'

const plural = pluralsIn('en')

/** Every word of the client. A language is one file beside this one, of the same shape. */
const words = {
  composer: {
    label: 'Message',
    placeholder: (name: string) => `Message ${name}`,
    send: 'Send',
  },
  members: {
    count: (count: number) => plural(count, { one: `${count} member`, other: `${count} members` }),
  },
}

export const language = { direction: 'ltr' as const, words }
