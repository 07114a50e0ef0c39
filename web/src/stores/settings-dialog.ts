import { defineStore } from 'pinia'
import { ref } from 'vue'

export type SettingsSection = 'profile' | 'notifications' | 'appearance' | 'privacy' | 'security'

/** Which part of my settings is open, wherever on the page it was asked for. */
export const useSettingsDialog = defineStore('settings dialog', () => {
  const section = ref<SettingsSection>()
  return {
    section,
    open: (which: SettingsSection) => (section.value = which),
    close: () => (section.value = undefined),
  }
})
