/** Every expression of a device or group is compiled when it is provisioned: a mistake is told to whoever makes it, not to a log at night. */

import { compileExpression } from '../expressions/expression.js';
import type { Provisioned } from '../registry/device.js';
import type { DeviceGroup } from '../registry/group.js';
import type { Fault } from './answers.js';

export function faultOfExpressions(of: Provisioned & Partial<Pick<DeviceGroup, 'entityNameExp'>>): Fault | undefined {
  const { attributes = [], commands = [], explicitAttrs, entityNameExp } = of;
  const named = [...attributes, ...commands].map(({ name, expression }) => ({ where: name, expression }));
  const explicit = typeof explicitAttrs === 'string' ? explicitAttrs : undefined;
  const all = [
    ...named,
    { where: 'explicitAttrs', expression: explicit },
    { where: 'entityNameExp', expression: entityNameExp },
  ];
  for (const { where, expression } of all) {
    const compiled = expression === undefined ? undefined : compileExpression(expression);
    if (compiled?.kind === 'mistake')
      return { name: 'INVALID_EXPRESSION', message: `the expression of "${where}" is wrong: ${compiled.message}` };
  }
  return undefined;
}
