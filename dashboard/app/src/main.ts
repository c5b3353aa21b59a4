/** Starts the page: language first, so that no text appears in two of them. */
import { createApp } from 'vue';
import App from './App.vue';
import { platform } from './api/platform-client.js';
import { askCityEarly } from './composables/early-city.js';
import { useSession } from './composables/useSession.js';
import { i18n, preferredLanguage, useLanguage } from './i18n.js';
import { router } from './router.js';
import './styles/tokens.css';
import './styles/base.css';

const { check, may } = useSession();
await Promise.all([useLanguage(preferredLanguage()), check()]);
if (may('live.view')) await askCityEarly(platform);
createApp(App).use(i18n).use(router).mount('#app');
