/**
 * The control of the kill -9 check: an MQTT broker that acknowledges at once and keeps everything in memory, as brokers do by default.
 * The check must find what it loses.
 */

import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const broker = await Aedes.createBroker();
createServer(broker.handle).listen(Number(process.env.MQTT_PORT), '127.0.0.1');
