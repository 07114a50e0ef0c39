import { newVersion } from './new-version.ts'

/** So many pages do not ask all at once when a server comes back. */
const lookWithinMs = 30_000

/**
 * Lets the browser open the page without the server. `ownFile` is the script that no other version
 * has. Resolves to what looks for a newer version.
 */
export async function serveOffline(ownFile: string): Promise<() => void> {
  const workers = navigator.serviceWorker
  if (!workers || !import.meta.env.PROD) return () => {}
  // For as long as the page lives: its files are kept for it.
  void navigator.locks?.request(`parley-page ${ownFile}`, { mode: 'shared' }, forever)
  let known = workers.controller
  workers.addEventListener('controllerchange', () => {
    const { controller } = workers
    if (known && controller)
      void isCurrent(controller, ownFile).then((current) => (newVersion.value = !current))
    known = controller
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      void lookNow(workers).catch(() => {})
    }, Math.random() * lookWithinMs)
  }
  await workers.register('/sw.js').catch(look)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
  known?.postMessage({ type: 'started' })
  return look
}

async function lookNow(workers: ServiceWorkerContainer): Promise<void> {
  const registration = await workers.getRegistration()
  await (registration ? registration.update() : workers.register('/sw.js'))
}

const forever = () => new Promise<never>(() => {})

/** Whether this page is of the worker's version. */
const isCurrent = (worker: ServiceWorker, ownFile: string) =>
  new Promise<boolean>((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', ({ data }) => resolve(data === true), { once: true })
    port1.start()
    worker.postMessage({ type: 'isCurrent', file: ownFile }, [port2])
  })
