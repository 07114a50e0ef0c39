import { h } from 'vue'
import { Message } from './Message.js'
import { MessageForm } from './MessageForm.js'

export const Messages = {
  props: { thread: Number },
  data: () => ({ messages: [] }),
  mounted() {
    this.centrifuge
      .rpc('thread:history', { id: this.thread, authToken: this.authToken })
      .then((answer) => {
        this.messages = answer.data.messages
        this.scrollSoon()
      })
    this.centrifuge.on('publication', ({ channel, data }) => {
      if (channel !== 'chat' || data.type !== 'message' || data.thread.id !== this.thread) return
      this.messages.push(data.message)
      this.scrollSoon()
    })
  },
  methods: {
    scrollSoon() {
      setTimeout(() => {
        const list = this.$refs.messages
        list.scrollTop = list.scrollHeight
      }, 10)
    },
  },
  render() {
    const items = this.messages.map((message) => h(Message, { key: message.id, message }))
    return [
      h('div', { id: 'messages', ref: 'messages' }, items),
      h(MessageForm, { thread: this.thread }),
    ]
  },
}
