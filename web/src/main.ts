import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { preferredLanguage, showLanguage } from './i18n/words.ts'
import { localKey, openLocal } from './local/local.ts'
import { connectionKey, createConnection } from './realtime/connection.ts'
import { pageMetaKey, readPageMeta } from './realtime/page-meta.ts'
import { createAppRouter } from './router.ts'
import { useDrafts } from './stores/drafts.ts'
import { goLive } from './stores/live.ts'
import { useMessages } from './stores/messages.ts'
import { useSession } from './stores/session.ts'
import './styles/base.css'
import { showKeptTheme } from './theme.ts'

showKeptTheme()

const pageMeta = readPageMeta(document)
const local = await openLocal(pageMeta.user)
const connection = createConnection(pageMeta.gatewayUrl, pageMeta.token)

const app = createApp(App)
app.provide(pageMetaKey, pageMeta)
app.provide(localKey, local)
app.provide(connectionKey, connection)
app.use(createPinia())
app.use(createAppRouter())
const { drafts, messages } = app.runWithContext(() => ({
  drafts: useDrafts(),
  messages: useMessages(),
}))
app.runWithContext(() => (useSession().user = local.user))
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
app.mount('#app')
app.runWithContext(() => goLive(connection))
addEventListener('beforeunload', (event) => {
  if (messages.isAtRisk()) event.preventDefault()
})
