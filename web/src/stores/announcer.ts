import type { MessageId } from '@parley/protocol/ids'
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { words } from '../i18n/words.ts'

interface Said {
  readonly id: number
  readonly text: string
  /** Whose message this reads out. */
  readonly message: MessageId | undefined
}

interface Written {
  readonly id: MessageId
  readonly author: string
  readonly text: string
}

const batchedMs = 600
const keptMs = 10_000
const mostMessages = 3
const longestText = 300

/** What a screen reader says by itself, politely: what comes close together is said together. */
export const useAnnouncer = defineStore('announcer', () => {
  const said = shallowRef<readonly Said[]>([])
  let sentences: string[] = []
  let written: Written[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let lastId = 0

  function flush(): void {
    timer = undefined
    const others = sentences.map((text) => ({ text, message: undefined }))
    const texts = [...messagesIn(written), ...others].map(({ text, message }) => {
      lastId++
      return { id: lastId, text, message }
    })
    sentences = []
    written = []
    said.value = [...said.value, ...texts]
    const upTo = lastId
    // Whoever reads the page by hand must not meet what was said long ago.
    setTimeout(() => (said.value = said.value.filter(({ id }) => id > upTo)), keptMs)
  }

  const soon = () => (timer ??= setTimeout(flush, batchedMs))

  return {
    said,
    say(sentence: string): void {
      sentences.push(sentence)
      soon()
    },
    message(message: Written): void {
      written.push(message)
      soon()
    },
    /** It was deleted. */
    forget(id: MessageId): void {
      written = written.filter((message) => message.id !== id)
      if (said.value.some(({ message }) => message === id))
        said.value = said.value.filter(({ message }) => message !== id)
    },
  }
})

/** Several at once are counted, not read out. */
function messagesIn(written: readonly Written[]): Omit<Said, 'id'>[] {
  const { message, many } = words.announcements
  if (written.length > mostMessages) {
    const authors = [...new Set(written.map(({ author }) => author))].join(', ')
    return [{ text: many(written.length, authors), message: undefined }]
  }
  return written.map(({ id, author, text }) => ({
    text: message(author, text.slice(0, longestText)),
    message: id,
  }))
}
