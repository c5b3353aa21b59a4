/** Line icons on a 24 px grid, as paths: no font, no sprite, nothing to fetch. */
export const ICONS = {
  pulse: 'M3 12h4l3-8 4 16 3-8h4',
  site: 'M4 21V9l8-6 8 6v12M9 21v-6h6v6M2 21h20',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.3 15.3 20 20',
  up: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  updown: 'M8 10l4-4 4 4M8 14l4 4 4-4',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  chevron: 'M9 6l6 6-6 6',
  download: 'M12 4v11M7 10.5l5 5 5-5M5 20h14',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01',
  warning: 'M12 4 2.8 20h18.4L12 4ZM12 10v4.5M12 17.4v.1',
  silent: 'M4 4l16 16M8.5 5.3A8 8 0 0 1 18.7 15.5M5.3 8.5a8 8 0 0 0 10.2 10.2',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5.2l3.2 2',
  question: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9.6 9.4a2.5 2.5 0 1 1 3.4 2.6c-.7.3-1 .8-1 1.6v.3M12 16.7v.1',
  plug: 'M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0ZM12 17v4',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  leave: 'M14 4h5v16h-5M4 12h10M10 8l4 4-4 4',
  chart: 'M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6',
  table: 'M4 5h16v14H4zM4 10h16M10 10v9',
} as const;

export type IconName = keyof typeof ICONS;
