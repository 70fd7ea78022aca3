// The admin proposes a slug while a title is typed. Where it is too long, cut it between two words.
document.addEventListener("DOMContentLoaded", () => {
  const slugOf = window.URLify; // the admin's own script
  window.URLify = (text, length, ...options) => {
    const whole = slugOf(text, Infinity, ...options);
    const end = whole.length > length ? whole.lastIndexOf("-", length) : length;
    return whole.slice(0, end > 0 ? end : length);
  };
});
