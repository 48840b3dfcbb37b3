import type { ScalarTag, SchemaOptions } from 'yaml';

const prefix = 'tag:yaml.org,2002:';
const spelling = ({ value }: { readonly value: unknown }) => String(value);

const nothing: ScalarTag = {
  identify: (value) => value === null,
  default: true,
  tag: `${prefix}null`,
  test: /^(?:~|null|Null|NULL|)$/,
  resolve: () => null,
  stringify: () => 'null',
};

const truth: ScalarTag = {
  identify: (value) => typeof value === 'boolean',
  default: true,
  tag: `${prefix}bool`,
  test: /^(?:[yYnN]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  resolve: (word) => /^(?:[yY]|[tT]rue|TRUE|[yY]es|YES|[oO]n|ON)$/.test(word),
  stringify: spelling,
};

/** 0644 and 0o644 are octal; 089 is none and stays decimal. */
const integer: ScalarTag = {
  identify: (value) => Number.isInteger(value),
  default: true,
  tag: `${prefix}int`,
  test: /^[-+]?(?:0[bB]_*[01][01_]*|0[oO]_*[0-7][0-7_]*|0[xX]_*[\da-fA-F][\da-fA-F_]*|\d[\d_]*)$/,
  resolve: (word) => {
    const digits = word.replaceAll(/[_+-]/g, '');
    const magnitude = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
    return word.startsWith('-') && magnitude !== 0 ? -magnitude : magnitude;
  },
  stringify: spelling,
};

/** A number too large for a float stays a string. */
const float: ScalarTag = {
  identify: (value) => typeof value === 'number',
  default: true,
  tag: `${prefix}float`,
  test: /^[-+]?(?:\.\d[\d_]*|\d[\d_]*(?:\.[\d_]*)?)(?:[eE][-+]?\d+)?$/,
  resolve: (word) => {
    const value = Number(word.replaceAll('_', ''));
    return Number.isFinite(value) ? value : word;
  },
  stringify: spelling,
};

/** The API's JSON has no such numbers, and kubectl refuses them. */
const noNumber: ScalarTag = {
  default: true,
  tag: `${prefix}float`,
  test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
  resolve: (word, onError) => {
    onError(`${word} is no number that JSON can hold`);
    return word;
  },
  stringify: spelling,
};

/** Scalars as kubectl and the API server read them (sigs.k8s.io/yaml, go-yaml v2): YAML 1.1 with `yes` and 0644, but
 *  12:30 and 2027-01-31 are strings. The `yaml` package's own 1.1 reads `.` and `e3` as numbers, Kubernetes does not. */
export const kubernetesScalars: SchemaOptions = {
  schema: 'failsafe',
  customTags: [nothing, truth, integer, float, noNumber],
  resolveKnownTags: false,
  merge: false,
};
