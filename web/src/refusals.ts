import { errorCodes } from '@parley/protocol/codes'
import { callErrorFrom } from './realtime/call-error.ts'

const sentences: Readonly<Record<number, string>> = {
  [errorCodes.permissionDenied.code]: 'You are not allowed to do this.',
  [errorCodes.tooManyRequests.code]: 'That was too fast. Wait a moment and try again.',
  [errorCodes.notFound.code]: 'It is not there any more.',
  [errorCodes.conflict.code]: 'This was already done in another way.',
  [errorCodes.tooLarge.code]: 'That is too large.',
}

/** Why something did not work, for the person who tried it; `known` has better words for some codes. */
export function explain(thrown: unknown, known: Readonly<Record<number, string>> = {}): string {
  const { code, message, temporary } = callErrorFrom(thrown)
  const sentence = known[code] ?? sentences[code]
  if (sentence) return sentence
  if (code === errorCodes.invalidInput.code && message) return asSentence(message)
  return temporary
    ? 'The server did not answer. Check your connection and try again.'
    : 'The server could not do this. Try again later.'
}

function asSentence(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}
