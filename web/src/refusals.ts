import { errorCodes, type ErrorName } from '@parley/protocol/codes'
import { limits } from '@parley/protocol/limits'
import { words } from './i18n/words.ts'
import { callErrorFrom } from './realtime/call-error.ts'

const named = new Map<number, ErrorName>(
  Object.entries(errorCodes).map(([name, { code }]) => [code, name as ErrorName]),
)

/** Why something did not work, for the person who tried it; `known` has better words for some codes. */
export function explain(thrown: unknown, known: Readonly<Record<number, string>> = {}): string {
  const { code, message, temporary } = callErrorFrom(thrown)
  const sentences: Partial<Record<string, unknown>> = words.refusals
  if (known[code]) return known[code]
  if (code === errorCodes.invalidInput.code) return ofField(message)
  const sentence = sentences[named.get(code) ?? '']
  if (typeof sentence === 'string') return sentence
  return temporary ? words.refusals.noAnswer : words.refusals.other
}

/** The server names the field before its own sentence, which is not in everybody's language. */
function ofField(message: string): string {
  const { fields, invalidInput } = words.refusals
  const field = /^(\w+):/.exec(message)?.[1]
  if (field === 'content') return fields.content(limits.contentMaxChars)
  if (field === 'name') return fields.name(limits.conversationNameMaxChars)
  if (field === 'topic') return fields.topic(limits.topicMaxChars)
  if (field === 'fullName') return fields.fullName(limits.fullNameMaxChars)
  if (field === 'about') return fields.about(limits.aboutMaxChars)
  if (field === 'newPassword') return fields.newPassword(limits.passwordMinChars)
  return invalidInput
}
