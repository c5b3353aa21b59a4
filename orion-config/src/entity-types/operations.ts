/** Operations: commands, schedules, jobs, sources, reports, the audit trail. */

import { type EntityTypeRow, NAMED } from './row.js';

// biome-ignore format: a table
export const OPERATIONS_TYPES = {
  CommandRequest: {
    from: 'contor', about: 'A command on its way: written by the gateway only',
    attributes: [
      'command', 'parameters', 'requestedBy', 'requestedAt', 'approvedBy', 'statement', 'requestHash', 'needsApproval',
      'needsSecondFactor', 'refDevice', 'targets', 'targetCount', 'status', 'resultText', 'finishedAt', 'correlationId',
    ],
  },
  CommandControl: {
    from: 'contor', about: 'Whether commands run: the switch that stops them, a freeze, and the voices that end it',
    attributes: [
      'statement', 'status', 'resultText', 'result', 'recordedAt',
    ],
  },
  ReadSchedule: {
    from: 'contor', about: 'When meters are read',
    attributes: [
      ...NAMED, 'refGroup', 'refSite', 'refDevice', 'fixedTimes', 'periodSeconds', 'timeZone', 'nextRunAt', 'lastRunAt',
      'isEnabled', 'profile',
    ],
  },
  ReadJob: {
    from: 'contor', about: 'One read, asked for by a person or a rule',
    attributes: [
      'refDevice', 'refPoint', 'refAcquisition', 'profile', 'windowStart', 'windowEnd', 'requestedBy', 'requestedAt',
      'finishedAt', 'status', 'result', 'resultText', 'correlationId',
    ],
  },
  DataSource: {
    from: 'contor', about: 'Where outside data come from',
    attributes: [
      ...NAMED, 'sourceKind', 'sourceUrl', 'mapping', 'fixedTimes', 'periodSeconds', 'maxHistoryDays', 'recipients',
      'lastRunAt', 'nextRunAt', 'resultText', 'isEnabled', 'refSite', 'keyReference',
    ],
  },
  ExportJob: {
    from: 'contor', about: 'A file in the making',
    attributes: [
      ...NAMED, 'fileFormat', 'parameters', 'requestedBy', 'requestedAt', 'finishedAt', 'progress', 'total', 'fileHash',
      'status', 'resultText', 'validUntil',
    ],
  },
  ReportDefinition: {
    from: 'contor', about: 'A report that users defined',
    attributes: [
      ...NAMED, 'columns', 'formula', 'fileFormat', 'fixedTimes', 'nextRunAt', 'lastRunAt', 'recipients', 'ownerName',
      'isShared', 'isEnabled',
    ],
  },
  AuditRecord: {
    from: 'contor', about: 'Who changed what',
    attributes: [
      'actor', 'page', 'operation', 'refTarget', 'valueBefore', 'valueAfter', 'ipAddress', 'recordedAt',
      'correlationId', 'status', 'category', 'sequenceNumber', 'statement',
    ],
  },
} as const satisfies Record<string, EntityTypeRow>;
