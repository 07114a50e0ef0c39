import { h } from 'vue'

export const Message = {
  props: { message: Object },
  computed: {
    isOwn() {
      return this.message.user.id === this.user.id
    },
  },
  render() {
    return h('div', { class: ['chat-message', { own: this.isOwn }] }, [
      h('span', { class: 'text' }, this.message.text),
      h('span', { class: 'username' }, this.message.user.username),
    ])
  },
}
