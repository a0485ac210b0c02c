// Headers as they come: names in lower case, and values.

/** The value of the first header of this name; `null` if there is none. */
export const firstOf = (headers, name) => headers.find(([known]) => known === String(name).toLowerCase())?.[1] ?? null;
