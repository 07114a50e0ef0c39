import { createRouter, createWebHistory, type RouteLocationRaw } from 'vue-router'
import type { ConversationId } from '@parley/protocol/ids'
import ConversationPage from './pages/ConversationPage.vue'
import WelcomePage from './pages/WelcomePage.vue'

/** Where a conversation is shown. */
export const toConversation = (id: ConversationId): RouteLocationRaw => ({
  name: 'conversation',
  params: { id },
})

export function createAppRouter() {
  return createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', name: 'welcome', component: WelcomePage },
      {
        path: '/c/:id(\\d+)',
        name: 'conversation',
        component: ConversationPage,
        props: ({ params }) => ({ id: Number(params.id) }),
      },
      { path: '/:rest(.*)', redirect: '/' },
    ],
  })
}
