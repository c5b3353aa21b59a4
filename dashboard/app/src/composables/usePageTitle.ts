/** The title of the window says where one is, in the reader's language. */
import { watchEffect } from 'vue';
import { useText } from './useText.js';

export function usePageTitle(page: () => string): void {
  const { t } = useText();
  watchEffect(() => {
    document.title = t('app.title', { page: page() });
  });
}
