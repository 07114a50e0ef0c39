// The client that Tutorial A has its readers write, in our own words: what it does, and what it
// does not do, is what thousands of such pages do. It never asks for another token.
import { Centrifuge } from 'centrifuge'
import { createApp } from 'vue'
import { App } from './App.js'

const gatewayUrl = 'ws://127.0.0.1:8081/connection/websocket'

const app = createApp(App)

app.use({
  install({ config: { globalProperties } }) {
    const authToken = document.getElementsByName('x-bearer')[0].getAttribute('content')
    const centrifuge = new Centrifuge(gatewayUrl, { data: { authToken } })
    centrifuge.on('connected', ({ data }) => {
      globalProperties.user = data.user
    })
    centrifuge.connect()
    Object.assign(globalProperties, { authToken, centrifuge })
  },
})

app.mount('#app')
