/**
 * Requests and responses that are Express's from their beginning. Express gives each another prototype when it comes, and V8 then forgets
 * what it has learned of its shape: every property of it is looked up anew, in each request. A server that makes them with that prototype
 * leaves nothing to change.
 */

import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

export interface Messages {
  /** For the server. */
  readonly classes: {
    readonly IncomingMessage: typeof IncomingMessage;
    readonly ServerResponse: typeof ServerResponse;
  };
  /** From here on they are this application's. */
  joinTo(app: Express): void;
}

export function createMessages(): Messages {
  class AppRequest extends IncomingMessage {}
  class AppResponse<Request extends IncomingMessage> extends ServerResponse<Request> {}
  return {
    classes: { IncomingMessage: AppRequest, ServerResponse: AppResponse },
    joinTo(app) {
      app.request = inFrontOf(app.request, AppRequest.prototype);
      app.response = inFrontOf(app.response, AppResponse.prototype);
    },
  };
}

/** What Express adds lies on what is Node's already, so nothing of Node's is lost behind it. */
function inFrontOf<T extends object>(theirs: T, ours: object): T {
  return Object.setPrototypeOf(ours, theirs) as T;
}
