/** Who this context source is to another one (GS CIM 009 V1.9.1, 5.2.40, 5.15.1, 6.37): the name it has in Via headers, for one tenant. */

import { pseudonymOf } from '../registration/via.js';
import { type Answer, type Call, jsonAnswer } from './call.js';
import { answerForm, answerHeaders, requestContext, withContext } from './content.js';

export function sourceIdentity(call: Call): Answer {
  const { broker, tenant } = call;
  const form = answerForm(call);
  const context = requestContext(call);
  const alias = pseudonymOf(broker.sources.alias, tenant);
  const identity = {
    id: `urn:ngsi-ld:ContextSourceIdentity:${alias}`,
    type: 'ContextSourceIdentity',
    contextSourceAlias: alias,
    contextSourceUptime: `PT${Math.floor(broker.sources.uptimeMs / 1000)}S`,
    contextSourceTimeAt: new Date(broker.clock.nowMs()).toISOString(),
  };
  return jsonAnswer(200, withContext(form, identity, context), answerHeaders(form, context));
}
