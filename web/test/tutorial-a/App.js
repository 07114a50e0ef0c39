import { h } from 'vue'
import { Messages } from './Messages.js'

export const App = {
  render: () => h('div', { class: 'chat' }, [h(Messages, { thread: 1 })]),
}
