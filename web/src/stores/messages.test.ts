import { expect, test } from 'vitest'
import { useMessages } from './messages.ts'
import { aMessage, created } from './testing/builders.ts'
import { aPage } from './testing/stores.ts'

const page = (...seqs: number[]) => ({
  messages: seqs.map((seq) => aMessage(seq)),
  ...{ more: true, newer: false, lastSeq: seqs.at(-1)! },
})

test('a conversation that nobody opened keeps no messages, whatever another tab sends there', () => {
  aPage()
  const messages = useMessages()
  messages.hear(7, aMessage(50))
  messages.apply(7, created(aMessage(51)))
  expect(messages.timeline(7).known).toEqual([])
})

test('a page that was read before the database was restored is asked for again', async () => {
  const answers: (() => void)[] = []
  const pages = [page(90, 91), page(40, 41)]
  aPage(async () => {
    const answer = pages.shift()
    await new Promise<void>((resolve) => answers.push(resolve))
    return answer
  })
  const messages = useMessages()
  messages.subscribed(7, 'before', false)
  const visit = messages.visit(7, { around: 41 })
  messages.subscribed(7, 'after', false)
  answers.shift()!()
  await new Promise((resolve) => setTimeout(resolve))
  answers.shift()!()
  expect(await visit).toBe(41)
  expect(messages.messages(7).map(({ seq }) => seq)).toEqual([40, 41])
})
