// Serves the built client when the server cannot be reached. The build fills in what stands in __.
// Only files of the build and the page that is nobody's are kept here, never what a server said to
// one person: pages, the API and signing in go to the network.

const version = '__VERSION__'
const files = __FILES__
const shell = '/offline'
const prefix = 'parley-build-'
const cacheName = prefix + version
/** A network that says nothing for that long is treated as none. */
const patienceMs = 5_000

self.addEventListener('install', (event) => event.waitUntil(install()))
self.addEventListener('activate', (event) => event.waitUntil(takeOver()))
self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (request.mode === 'navigate' && isPage(pathname)) event.respondWith(page(request))
  else if (pathname.startsWith('/assets/')) event.respondWith(asset(request))
})
self.addEventListener('message', (event) => {
  const { data, ports } = event
  if (data?.type === 'isCurrent') ports[0]?.postMessage(files.includes(data.file))
  if (data?.type === 'started') event.waitUntil(dropUnused())
})

/** All or nothing: a server in the middle of an update has another page than these files. */
async function install() {
  const page = await fetch(shell, { cache: 'no-store' })
  const named = (await page.clone().text()).match(/\/assets\/[^"]+/g) ?? []
  if (!page.ok || !named.every((file) => files.includes(file)))
    throw new Error('the page is of another version')
  const cache = await caches.open(cacheName)
  await cache.addAll(files)
  await cache.put(shell, page)
  await self.skipWaiting()
}

async function takeOver() {
  await self.clients.claim()
  await dropUnused()
}

/** Open pages hold a lock named after a file of theirs; what they may still load stays. */
async function dropUnused() {
  const locks = (await navigator.locks?.query())?.held ?? []
  const inUse = locks.map(({ name }) => name.replace(/^parley-page /, ''))
  for (const name of await caches.keys()) {
    if (!name.startsWith(prefix) || name === cacheName) continue
    const cache = await caches.open(name)
    const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname))
    if (!inUse.some((file) => kept.has(file))) await caches.delete(name)
  }
}

const isPage = (path) => ['/', '/mentions', '/saved'].includes(path) || path.startsWith('/c/')

async function page(request) {
  const offline = async () =>
    (await (await caches.open(cacheName)).match(shell)) ?? Response.error()
  const late = new Promise((resolve) => setTimeout(resolve, patienceMs)).then(offline)
  const answer = fetch(request).then(
    (response) => (response.status >= 500 ? offline() : response),
    offline,
  )
  return Promise.race([answer, late])
}

async function asset(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request)
}
