import { h } from 'vue'

export const MessageForm = {
  props: { thread: Number },
  data: () => ({ message: '' }),
  methods: {
    send() {
      this.centrifuge
        .rpc('thread:publish', {
          id: this.thread,
          message: this.message,
          authToken: this.authToken,
        })
        .then(() => {
          this.message = ''
        })
    },
  },
  render() {
    const field = h('input', {
      type: 'text',
      placeholder: 'Write your message!',
      value: this.message,
      onInput: ({ target }) => {
        this.message = target.value
      },
      onKeyup: ({ key }) => {
        if (key === 'Enter') this.send()
      },
    })
    const button = h('button', { type: 'button', onClick: this.send }, 'Send')
    return h('div', { class: 'form' }, this.message.length > 1 ? [field, button] : [field])
  },
}
