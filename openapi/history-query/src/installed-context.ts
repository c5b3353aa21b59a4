/**
 * Which @context to name in Link headers (GS CIM 009 V1.9.1, 6.3.5): our own broker knows the platform's by heart, a foreign one
 * hosts it under an address that only it knows. Asked when it is first needed, and again when the broker no longer has it.
 */

import { type BrokerPort, CONTEXT_URL, contextLink, findContext } from '@contor/orion-config';
import type { AxiosInstance } from 'axios';
import { RequestError } from './request-error.js';

/** LdContextNotAvailable (5.5.3), with the status it has now and the one it had in earlier versions. */
const MAY_BE_GONE: readonly (number | undefined)[] = [503, 504];

/** Names it in all requests that say nothing about a context of their own; answers how to ask for it. */
export function nameInstalledContext(axios: AxiosInstance, broker: BrokerPort): () => Promise<string> {
  let known: Promise<string | undefined> | undefined;
  const forgetIfGone = (status: number | undefined): void => {
    if (MAY_BE_GONE.includes(status)) known = undefined;
  };

  async function contextUrl(): Promise<string> {
    known ??= findContext(broker);
    const asked = known;
    const found = await asked.catch((error: unknown) => {
      if (known === asked) known = undefined;
      throw error;
    });
    if (found !== undefined) return found;
    // Nobody has installed the platform yet. The broker will say that it does not know this name, and is asked again next time.
    if (known === asked) known = undefined;
    return CONTEXT_URL;
  }

  axios.interceptors.request.use(async (config) => {
    if (!config.headers.has('Link')) config.headers.set('Link', contextLink(await contextUrl()));
    return config;
  });
  axios.interceptors.response.use(
    (answer) => {
      forgetIfGone(answer.status);
      return answer;
    },
    (error: unknown) => {
      forgetIfGone(error instanceof RequestError ? error.status : undefined);
      return Promise.reject(error);
    },
  );
  return contextUrl;
}
