/** The value with all below it frozen. Recursive: for literals of ours, not for what comes from outside. */
export function deepFreeze<Value extends object>(value: Value): Value {
  for (const part of Object.values(value))
    if (typeof part === 'object' && part !== null) deepFreeze(part as object);
  return Object.freeze(value);
}
