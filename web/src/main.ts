import { createPinia } from 'pinia'
import { createApp, nextTick, watch } from 'vue'
import type * as RestOfPage from './after-first-screen.ts'
import App from './App.vue'
import { whenIdle } from './idle.ts'
import { preferredLanguage, showLanguage } from './i18n/words.ts'
import type { Copies } from './local/copies.ts'
import { lastUser } from './local/last-user.ts'
import { localKey, openLocal } from './local/local.ts'
import { type Connection, connectionKey, createConnection } from './realtime/connection.ts'
import type { Notifier } from './notifications/notify.ts'
import { pageMetaFinder, pageMetaKey, readPageMeta } from './realtime/page-meta.ts'
import { createAppRouter } from './router.ts'
import { useConversations } from './stores/conversations.ts'
import { useDrafts } from './stores/drafts.ts'
import { goLive } from './stores/live.ts'
import { useMessages } from './stores/messages.ts'
import { useSession } from './stores/session.ts'
import { isLoaded } from './stores/timeline.ts'
import './styles/base.css'
import { showKeptTheme } from './theme.ts'

showKeptTheme()

const firstScreenMaxMs = 5_000
/** A page that is never idle, or that nobody sees, needs the rest too. */
const idleMaxMs = 1_000
const askAgainMs = 5_000
const app = createApp(App)
const router = createAppRouter()

// Not awaited here: what is loaded later imports this module, and would wait for it for ever.
start().catch(console.error)

async function start(): Promise<void> {
  const user = readPageMeta(document)?.user ?? (await lastUser())
  const findPageMeta = pageMetaFinder(document, user)
  const connection = createConnection(findPageMeta)
  const local = await openLocal(user)
  app.provide(pageMetaKey, findPageMeta)
  app.provide(localKey, local)
  app.provide(connectionKey, connection)
  app.use(createPinia())
  app.use(router)
  const { conversations, drafts, messages, session } = app.runWithContext(() => ({
    conversations: useConversations(),
    drafts: useDrafts(),
    messages: useMessages(),
    session: useSession(),
  }))
  session.user = local.user
  conversations.restore(await local.copies.conversations())
  local.tabs?.listen((news) => {
    if (news.type === 'draft') drafts.hear(news.key, news.draft)
    else messages.hear(news.id, news.stored)
  })
  await Promise.all([
    drafts.load().catch(console.error),
    messages.load().catch(console.error),
    // English is always there: a file that does not load must not keep the page from showing.
    showLanguage(preferredLanguage()).catch(console.error),
  ])
  let notify: Notifier = () => {}
  // The server is asked while the page is drawn for the first time.
  app.runWithContext(() => goLive(connection, (...news) => notify(...news)))
  app.mount('#app')
  // What is written when the connection is lost must be able to say that it waits.
  import('./components/messages/MessageState.vue').catch(() => {})
  addEventListener('beforeunload', (event) => {
    if (messages.isAtRisk()) event.preventDefault()
  })
  await firstScreen()
  notify = await afterFirstScreen(connection, local.copies)
}

/** Resolves when what the address names is shown, and nobody waits for this thread. */
async function firstScreen(): Promise<void> {
  const { session, messages } = app.runWithContext(() => ({
    session: useSession(),
    messages: useMessages(),
  }))
  const isShown = () => {
    const id = Number(router.currentRoute.value.params['id'])
    return session.lost || (session.online && (!id || isLoaded(messages.timeline(id))))
  }
  let stop = () => {}
  await new Promise<void>((shown) => {
    stop = watch(isShown, (now) => now && shown(), { immediate: true })
    setTimeout(shown, firstScreenMaxMs)
  })
  stop()
  await nextTick()
  await new Promise<void>((idle) => whenIdle(idle, idleMaxMs))
}

async function afterFirstScreen(connection: Connection, copies: Copies): Promise<Notifier> {
  const { createNotifier, followSaved, keepCopies, serveOffline } = await restOfPage()
  const lookForNewVersion = serveOffline(new URL(import.meta.url).pathname)
  return app.runWithContext(() => {
    const session = useSession()
    keepCopies(copies)
    followSaved(connection)
    watch(
      () => session.online,
      (online) => {
        if (online) lookForNewVersion.then((look) => look()).catch(console.error)
      },
    )
    return createNotifier(router)
  })
}

/** Asks until it is there: a page whose connection was lost in its first second needs it too. */
async function restOfPage(): Promise<typeof RestOfPage> {
  try {
    return await import('./after-first-screen.ts')
  } catch {
    await new Promise((resolve) => setTimeout(resolve, askAgainMs))
    return restOfPage()
  }
}
