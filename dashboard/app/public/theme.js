// Runs before the first paint, so that a chosen theme and language never flash past in the wrong form.
// A file of its own, because the content security policy allows no inline script.
try {
  const theme = localStorage.getItem('contor.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  const language = localStorage.getItem('contor.language');
  if (language) document.documentElement.lang = language;
} catch (error) {
  // Storage can be forbidden by the browser's settings; the system theme is a good answer then.
  console.info('contor: preferences cannot be read', error);
}
