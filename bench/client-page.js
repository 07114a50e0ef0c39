/** Runs in the page: it measures until the frame that shows something was painted. */
globalThis.bench = {
  /** From each key until what it wrote was painted. */
  keysMs: [],

  shows: (name) =>
    document.querySelector('h1')?.textContent === name &&
    [...document.querySelectorAll('[role="log"][aria-busy="false"] article')].some((message) =>
      message.checkVisibility(),
    ),

  async until(holds) {
    while (!holds()) await new Promise(requestAnimationFrame)
    await new Promise(requestAnimationFrame)
    // A task of its own after the frame: what was drawn in it is painted.
    const { port1, port2 } = new MessageChannel()
    await new Promise((painted) => {
      port1.onmessage = painted
      port2.postMessage(0)
    })
    port1.close()
  },

  async switchTo(name) {
    const links = [...document.querySelectorAll('nav a')]
    const startMs = performance.now()
    links.find((link) => link.textContent.includes(name)).click()
    await bench.until(() => bench.shows(name))
    return performance.now() - startMs
  },

  /** Two screens per frame, up to the first message. */
  async scrollToStart() {
    const logs = [...document.querySelectorAll('[role="log"]')]
    const log = logs.find((one) => one.checkVisibility())
    const most = { nodes: 0, steps: 0 }
    const isAtStart = () => /\bmessage 1\b/.test(log.querySelector('article p')?.textContent)
    while (!isAtStart()) {
      log.scrollTop -= 2 * log.clientHeight
      await new Promise(requestAnimationFrame)
      most.nodes = Math.max(most.nodes, document.getElementsByTagName('*').length)
      most.steps++
    }
    return most
  },
}

addEventListener(
  'keydown',
  ({ timeStamp }) => {
    // In the frame that shows the key; a task of its own after it: the frame is painted.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        bench.keysMs.push(performance.now() - timeStamp)
        port1.close()
      }
      port2.postMessage(0)
    })
  },
  { capture: true },
)

/** Since navigation began, until a conversation was shown for the first time. */
bench.firstScreenMs = bench
  .until(() => document.querySelector('[role="log"][aria-busy="false"] article'))
  .then(() => performance.now())
