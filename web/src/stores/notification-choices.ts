import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { kept } from './kept.ts'

/** Whether this browser calls for me, on the desktop and by a tone. Both are off until I ask for them. */
export const useNotificationChoices = defineStore('notification choices', () => {
  const wanted = kept('notifications', { desktop: false, sound: false })
  const supported = 'Notification' in globalThis
  const permission = ref(supported ? Notification.permission : 'denied')

  const desktop = computed(() => wanted.value.desktop && permission.value === 'granted')
  const sound = computed({
    get: () => wanted.value.sound,
    set: (on) => (wanted.value = { ...wanted.value, sound: on }),
  })

  /** Asks the person where the browser wants that; only ever from a press of theirs. */
  async function setDesktop(on: boolean): Promise<void> {
    if (on && permission.value === 'default')
      permission.value = await Notification.requestPermission()
    wanted.value = { ...wanted.value, desktop: on && permission.value === 'granted' }
  }

  return { supported, permission, desktop, sound, setDesktop }
})
