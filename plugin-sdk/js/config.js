// The settings: what was given, over the defaults. A setting that nobody knows is a slip, and refused.

const kind = (value) => (Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`);

/** Settings and what is wrong with them, from JSON. */
export function settings(defaults, text) {
  const given = JSON.parse(text);
  if (kind(given) !== 'an object') return { problems: [{ field: '', message: `is ${kind(given)} and must be an object` }] };
  const problems = [];
  for (const [field, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, field)) {
      problems.push({ field, message: `is not known; there are: ${Object.keys(defaults).join(', ') || 'none'}` });
    } else if (defaults[field] !== null && kind(value) !== kind(defaults[field])) {
      problems.push({ field, message: `is ${kind(value)} and must be ${kind(defaults[field])}` });
    }
  }
  return { problems, config: { ...defaults, ...given } };
}
