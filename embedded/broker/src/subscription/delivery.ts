/** One way out for notifications, by the scheme of the endpoint. */

import type { SendResult } from './courier.js';
import { createHttpDelivery, type HttpDeliveryOptions } from './http-delivery.js';
import { createMqttDelivery, type MqttDeliveryOptions } from './mqtt-delivery.js';
import type { Notification } from './post-office.js';

export interface Delivery {
  readonly deliver: (notification: Notification) => Promise<SendResult>;
  close(): void;
}

export function createDelivery(options: HttpDeliveryOptions & MqttDeliveryOptions): Delivery {
  const http = createHttpDelivery(options);
  const mqtt = createMqttDelivery(options);
  return {
    deliver: (notification) =>
      /^mqtts?:/i.test(notification.subscription.notification.endpoint.uri)
        ? mqtt.deliver(notification)
        : http.deliver(notification),
    close() {
      http.close();
      mqtt.close();
    },
  };
}
