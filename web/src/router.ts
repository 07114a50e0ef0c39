import { createRouter, createWebHistory } from 'vue-router'
import ConversationPage from './pages/ConversationPage.vue'
import WelcomePage from './pages/WelcomePage.vue'

export function createAppRouter() {
  return createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', name: 'welcome', component: WelcomePage },
      {
        path: '/c/:id(\\d+)/:message(\\d+)?',
        name: 'conversation',
        component: ConversationPage,
        props: ({ params }) => ({
          id: Number(params.id),
          message: params.message ? Number(params.message) : undefined,
        }),
      },
      {
        path: '/mentions',
        name: 'mentions',
        component: () => import('./pages/MentionsPage.vue'),
      },
      { path: '/saved', name: 'saved', component: () => import('./pages/SavedPage.vue') },
      { path: '/:rest(.*)', redirect: '/' },
    ],
  })
}
