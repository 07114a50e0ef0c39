import type { MessageId } from '@parley/protocol/ids'

/** Time for the other tabs to say that the message is in sight there. */
const patienceMs = 250

export interface Tabs {
  /** The message is on the screen of this tab: no tab needs to call for it. */
  inSight(id: MessageId): void
  /** Runs the action in one of this browser's tabs only, unless the message is in sight in any. */
  once(id: MessageId, action: () => void): void
}

/** The tabs of one browser agree on who calls: the one that holds a lock which ends with the tab. */
export function createTabs(): Tabs {
  const channel = new BroadcastChannel('parley:in-sight')
  const seen = new Set<MessageId>()
  // Without locks (a page that is not secure) every tab calls by itself.
  let leads = !('locks' in navigator)

  channel.addEventListener('message', ({ data }) => note(data))
  if (!leads) {
    void navigator.locks.request('parley:caller', () => {
      leads = true
      return new Promise<never>(() => {})
    })
  }

  function note(id: MessageId): void {
    seen.add(id)
    setTimeout(() => seen.delete(id), 60_000)
  }

  return {
    inSight(id) {
      note(id)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it has none
      channel.postMessage(id)
    },
    once(id, action) {
      setTimeout(() => {
        if (leads && !seen.has(id)) action()
      }, patienceMs)
    },
  }
}
