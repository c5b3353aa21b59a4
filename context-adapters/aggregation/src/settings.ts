/** Settings of the aggregation service. */

import { doorSettings } from '@contor/adapter-kit';
import type { SettingsOf, SettingsTable } from '@contor/kit';

export const SETTINGS = {
  brokerUrl: { name: 'BROKER_URL', kind: 'url', fallback: 'http://127.0.0.1:1026', about: 'the NGSI-LD broker' },
  historyUrl: { name: 'HISTORY_URL', kind: 'url', fallback: 'http://127.0.0.1:8668', about: 'the history server' },
  tenant: { name: 'CONTOR_TENANT', kind: 'text', fallback: 'default', about: 'the tenant to work for' },
  secret: { name: 'PLATFORM_SECRET', kind: 'secret', optional: true, about: 'sent to broker and history' },
  host: { name: 'AGGREGATION_HOST', kind: 'text', fallback: '127.0.0.1', about: 'where the broker can notify us' },
  port: { name: 'AGGREGATION_PORT', kind: 'port', fallback: 0, about: 'its port; 0 chooses a free one' },
  ...doorSettings('AGGREGATION'),
  every: {
    name: 'AGGREGATION_EVERY',
    kind: 'duration',
    fallback: '2m',
    about: 'how often everything is checked by query',
  },
  grace: {
    name: 'AGGREGATION_GRACE',
    kind: 'duration',
    fallback: '60s',
    about: 'how long after its end an hour is closed',
  },
  lookBack: {
    name: 'AGGREGATION_LOOK_BACK',
    kind: 'duration',
    fallback: '49h',
    about: 'how far the first round of a site looks back',
  },
} as const satisfies SettingsTable;

export type AggregationConfig = SettingsOf<typeof SETTINGS>;
