/**
 * Makers' products by what their headers say. Each row was seen in a telegram of rscada/libmbus (BSD-3-Clause), test/test-frames;
 * the file is named beside it.
 */

import type { MeterAddress } from './address.js';

interface ProductRow {
  readonly manufacturer: string;
  readonly version: number;
  readonly deviceType: number;
  readonly product: string;
}

const PRODUCTS: readonly ProductRow[] = [
  // itron_cf_51.hex
  { manufacturer: 'ACW', version: 10, deviceType: 13, product: 'Itron CF 51' },
  // ACW_Itron-CYBLE-M-Bus-14.hex
  { manufacturer: 'ACW', version: 20, deviceType: 7, product: 'Itron CYBLE M-Bus 1.4' },
  // itron_cyble_m-bus_v1.4_cold_water.hex
  { manufacturer: 'ACW', version: 20, deviceType: 22, product: 'Itron CYBLE M-Bus 1.4' },
  // example_data_02.hex
  { manufacturer: 'AMT', version: 52, deviceType: 4, product: 'Aquametro AMTRON' },
  // EFE_Engelmann-Elster-SensoStar-2.hex
  { manufacturer: 'EFE', version: 0, deviceType: 4, product: 'Engelmann / Elster SensoStar 2' },
  // EFE_Engelmann-WaterStar.hex
  { manufacturer: 'EFE', version: 0, deviceType: 6, product: 'Engelmann WaterStar' },
  // els_tmpa_telegramm1.hex
  { manufacturer: 'ELS', version: 2, deviceType: 7, product: 'Elster TMP-A' },
  // els_falcon.hex
  { manufacturer: 'ELS', version: 10, deviceType: 7, product: 'Elster Falcon' },
  // ELS_Elster-F96-Plus.hex
  { manufacturer: 'ELS', version: 47, deviceType: 4, product: 'Elster F96 Plus' },
  // ELV-Elvaco-CMa10.hex
  { manufacturer: 'ELV', version: 22, deviceType: 0, product: 'Elvaco CMa10' },
  // elv_temp_humid.hex
  { manufacturer: 'ELV', version: 50, deviceType: 0, product: 'Elvaco CMa11' },
  // EMU_EMU-Professional-375-M-Bus.hex
  { manufacturer: 'EMU', version: 16, deviceType: 2, product: 'EMU Professional 3/75 M-Bus' },
  // gmc_emmod206.hex
  { manufacturer: 'GMC', version: 230, deviceType: 2, product: 'GMC-I A230 EMMOD 206' },
  // kamstrup_382_005.hex
  { manufacturer: 'KAM', version: 1, deviceType: 2, product: 'Kamstrup 382 (6850-005)' },
  // kamstrup_multical_601.hex
  { manufacturer: 'KAM', version: 8, deviceType: 4, product: 'Kamstrup Multical 601' },
  // siemens_wfh21.hex
  { manufacturer: 'LSE', version: 153, deviceType: 6, product: 'Siemens WFH21' },
  // metrona_ultraheat_xs.hex
  { manufacturer: 'LUG', version: 2, deviceType: 4, product: 'Landis & Gyr Ultraheat 2WR5' },
  // landis+gyr_ultraheat_t230.hex
  { manufacturer: 'LUG', version: 7, deviceType: 4, product: 'Landis & Gyr Ultraheat T230' },
  // ram_modularis.hex
  { manufacturer: 'RAM', version: 3, deviceType: 7, product: 'Rossweiner ETK/ETW Modularis' },
  // SEN_Sensus-PolluTherm.hex
  { manufacturer: 'SEN', version: 11, deviceType: 4, product: 'Sensus PolluTherm' },
  // SEN_Sensus-PolluStat-E.hex
  { manufacturer: 'SEN', version: 14, deviceType: 4, product: 'Sensus PolluStat E' },
  // allmess_cf50.hex
  { manufacturer: 'SLB', version: 2, deviceType: 4, product: 'Allmess Megacontrol CF-50' },
  // SLB_CF-Compact-Integral-MK-MaXX.hex
  { manufacturer: 'SLB', version: 6, deviceType: 4, product: 'CF Compact / Integral MK MaXX' },
  // sontex_supercal_531_telegram1.hex
  { manufacturer: 'SON', version: 13, deviceType: 4, product: 'Sontex Supercal 531' },
  // sen_pollutherm.hex
  { manufacturer: 'SPX', version: 49, deviceType: 4, product: 'Sensus PolluTherm' },
  // svm_f22_telegram1.hex
  { manufacturer: 'SVM', version: 9, deviceType: 12, product: 'Elster F4 / Kamstrup SVM F22' },
  // minol_minocal_c2.hex
  { manufacturer: 'ZRM', version: 129, deviceType: 4, product: 'Minol Minocal C2' },
];

const keyOf = ({ manufacturer, version, deviceType }: Omit<MeterAddress, 'id'>) =>
  `${manufacturer} ${version} ${deviceType}`;
const BY_KEY = new Map(PRODUCTS.map((row) => [keyOf(row), row.product]));

export function productName(meter: MeterAddress): string | undefined {
  return BY_KEY.get(keyOf(meter));
}
