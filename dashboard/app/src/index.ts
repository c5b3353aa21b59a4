/** Where the built dashboard lies: whoever serves it asks here and does not need to know the folder's name. */
import { fileURLToPath } from 'node:url';

export const WEB_FOLDER: string = fileURLToPath(new URL('../dist-web/', import.meta.url));
