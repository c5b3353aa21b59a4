/** Addresses and their pages. Pages other than the first are files of their own. */
import { nextTick } from 'vue';
import { createRouter, createWebHistory } from 'vue-router';
import LivePage from './pages/LivePage.vue';

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: LivePage },
    { path: '/meters/:id', component: () => import('./pages/MeterPage.vue'), props: true },
    { path: '/sites/:id', component: () => import('./pages/SitePage.vue'), props: true },
    { path: '/:rest(.*)*', component: () => import('./pages/NotFoundPage.vue') },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

/** A new page begins at its heading, for the keyboard and for the screen reader; the very first one begins where browsers begin. */
router.afterEach(async (to, from) => {
  if (from.matched.length === 0 || to.path === from.path) return;
  await nextTick();
  document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
});
