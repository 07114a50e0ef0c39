import type { Component } from 'vue'

export interface MenuItem {
  text: string
  icon: Component
  danger?: boolean
  run(): void
}
