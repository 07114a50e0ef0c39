import type { Language } from '../words.ts'

const words: Language['words'] = {
  composer: {
    label: 'Tin nhắn',
    placeholder: (name) => `Nhắn tới ${name}`,
    send: 'Gửi',
  },
  members: {
    count: (count) => `${count} thành viên`,
  },
}

export const language: Language = { direction: 'ltr', words }
