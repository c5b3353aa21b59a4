/** Where we do not say what another program said of a capture, and why. */

interface Deviation {
  readonly ids: readonly string[];
  readonly members: readonly string[];
  readonly why: string;
}

export const DEVIATIONS: readonly Deviation[] = [
  {
    ids: ['ELS_Elster-F96-Plus'],
    members: ['records.4.value', 'records.5.value'],
    why: 'BCD with hexadecimal digits is no number (EN 13757-3, annex A, type A).',
  },
  {
    ids: ['landis+gyr_ultraheat_t230'],
    members: ['records.32.value'],
    why: 'Year 127 is "every year" (annex A), shown as it was sent.',
  },
  { ids: ['els_tmpa'], members: ['records.5.value'], why: 'One byte of the maker is bytes, not a number.' },
  { ids: ['sen_pollutherm'], members: ['records.2.'], why: 'A VIF we do not know keeps its value.' },
  {
    ids: ['em24/'],
    members: ['fields.total_reactive', 'fields.total_apparent'],
    why: 'VIFE 75 is a factor of a tenth (table 15); apparent energy was computed from it and is not in the telegram.',
  },
  { ids: ['ebzwmbe/'], members: ['fields.current_power'], why: 'A sum the other program made.' },
  { ids: ['q400/'], members: ['fields.battery_pct'], why: 'FD 74 counts days (table 12).' },
  {
    ids: ['waterstarm/', 'evo868/'],
    members: ['fields.history_'],
    why: 'Dates the other program made from an interval.',
  },
  {
    ids: ['qheatv2/'],
    members: ['fields.energy_delta', 'fields.target_year'],
    why: 'The most negative integer is no value (annex A, type B).',
  },
  { ids: ['hydrodigit/'], members: ['fields.June', 'fields.July'], why: 'FFFFFF is a month without value, not 0.' },
  {
    ids: ['gwfgas/', 'sensostar/'],
    members: ['fields.target_date'],
    why: 'A date of zeros is none, and not 1999-11-30.',
  },
  {
    ids: ['lansenrp/'],
    members: ['media'],
    why: 'Device type 50 is a unidirectional repeater (EN 13757-7, table 13).',
  },
  {
    ids: ['m-bus-parser/16fd07b1834b', 'm-bus-parser/25781bff189d', 'm-bus-parser/b583f46039a8'],
    members: ['accessNumber', 'status'],
    why: "CI A2 has no header, and the ELL's control is no status.",
  },
  {
    ids: ['m-bus-parser/f628970e90b4'],
    members: ['records.0', 'records.2'],
    why: 'VIF 0E counts MJ (table 10), not kJ.',
  },
  {
    ids: ['iem3000/'],
    members: ['fields.operating_time', 'fields.reactive', 'fields.apparent'],
    why: "The maker's units.",
  },
  { ids: ['/ime/'], members: ['fields.'], why: 'Scales depend on transformer ratios that the telegram does not give.' },
];
