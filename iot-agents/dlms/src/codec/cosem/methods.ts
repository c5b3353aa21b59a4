/** What an ACTION asks for: the specific methods of the interface classes, IEC 62056-6-2, clause 4. */

// biome-ignore format: a table is read by its columns.
export const METHODS: Readonly<Record<number, readonly string[]>> = {
  3: ['reset'],
  4: ['reset'],
  5: ['reset', 'next_period'],
  7: ['reset', 'capture'],
  8: ['adjust_to_quarter', 'adjust_to_measuring_period', 'adjust_to_minute', 'adjust_to_preset_time', 'preset_adjusting_time', 'shift_time'],
  9: ['execute'],
  15: ['reply_to_HLS_authentication', 'change_HLS_secret', 'add_object', 'remove_object', 'add_user', 'remove_user'],
  18: ['image_transfer_initiate', 'image_block_transfer', 'image_verify', 'image_activate'],
  20: ['activate_passive_calendar'],
  40: ['push', 'reset'],
  64: ['security_activate', 'key_transfer', 'key_agreement', 'generate_key_pair', 'generate_certificate_request', 'import_certificate', 'export_certificate', 'remove_certificate'],
  70: ['remote_disconnect', 'remote_reconnect'],
  72: ['slave_install', 'slave_deinstall', 'capture', 'reset_alarm', 'synchronize_clock', 'data_send', 'set_encryption_key', 'transfer_key'],
};
