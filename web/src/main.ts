import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { preferredLanguage, showLanguage } from './i18n/words.ts'
import { connectionKey, createConnection } from './realtime/connection.ts'
import { pageMetaKey, readPageMeta } from './realtime/page-meta.ts'
import { createAppRouter } from './router.ts'
import { goLive } from './stores/live.ts'
import { useMessages } from './stores/messages.ts'
import './styles/base.css'

const pageMeta = readPageMeta(document)
const connection = createConnection(pageMeta.gatewayUrl, pageMeta.token)

const app = createApp(App)
app.provide(pageMetaKey, pageMeta)
app.provide(connectionKey, connection)
app.use(createPinia())
app.use(createAppRouter())
// English is always there: a file that does not load must not keep the page from showing.
await showLanguage(preferredLanguage()).catch(console.error)
app.mount('#app')

app.runWithContext(() => {
  const messages = useMessages()
  goLive(connection)
  // What is not stored yet lives in this page only.
  addEventListener('beforeunload', (event) => {
    if (messages.hasUnsent()) event.preventDefault()
  })
})
