/** Addresses and their pages. Pages other than the first are files of their own, and bring their texts along. */
import { type Component, nextTick } from 'vue';
import { createRouter, createWebHistory } from 'vue-router';
import { type TextPart, useTexts } from './i18n.js';
import type { PageName } from './logic/pages.js';
import LivePage from './pages/LivePage.vue';

declare module 'vue-router' {
  interface RouteMeta {
    /** Whose door it has (`logic/pages.ts`); a page without one is for everybody. */
    page?: PageName;
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: LivePage, meta: { page: 'live' } },
    {
      path: '/meters/:id',
      component: withTexts(() => import('./pages/MeterPage.vue'), 'commands'),
      props: true,
      meta: { page: 'meter' },
    },
    { path: '/sites/:id', component: () => import('./pages/SitePage.vue'), props: true, meta: { page: 'site' } },
    {
      path: '/profile',
      component: withTexts(() => import('./pages/ProfilePage.vue'), 'access'),
      meta: { page: 'profile' },
    },
    {
      path: '/sessions',
      component: withTexts(() => import('./pages/SessionsPage.vue'), 'access'),
      meta: { page: 'sessions' },
    },
    {
      path: '/people',
      component: withTexts(() => import('./pages/PeoplePage.vue'), 'access'),
      meta: { page: 'people' },
    },
    {
      path: '/people/:id',
      component: withTexts(() => import('./pages/PersonPage.vue'), 'access'),
      props: true,
      meta: { page: 'people' },
    },
    { path: '/roles', component: withTexts(() => import('./pages/RolesPage.vue'), 'access'), meta: { page: 'roles' } },
    {
      path: '/partners',
      component: withTexts(() => import('./pages/PartnersPage.vue'), 'access'),
      meta: { page: 'partners' },
    },
    {
      path: '/partners/:id',
      component: withTexts(() => import('./pages/PartnerPage.vue'), 'access'),
      props: true,
      meta: { page: 'partners' },
    },
    { path: '/audit', component: withTexts(() => import('./pages/AuditPage.vue'), 'access'), meta: { page: 'audit' } },
    {
      path: '/commands',
      component: withTexts(() => import('./pages/CommandsPage.vue'), 'commands'),
      meta: { page: 'commands' },
    },
    {
      path: '/commands/:id',
      component: withTexts(() => import('./pages/CommandPage.vue'), 'commands'),
      props: true,
      meta: { page: 'commands' },
    },
    { path: '/:rest(.*)*', component: () => import('./pages/NotFoundPage.vue') },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

function withTexts(load: () => Promise<{ default: Component }>, part: TextPart) {
  return async (): Promise<Component> => {
    const [page] = await Promise.all([load(), useTexts(part)]);
    return page.default;
  };
}

/** A new page begins at its heading, for the keyboard and for the screen reader; the very first one begins where browsers begin. */
router.afterEach(async (to, from) => {
  if (from.matched.length === 0 || to.path === from.path) return;
  await nextTick();
  document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
});
