// On a question's page: note on this device that it was read. The search offers what was.
{
  const MOST = 5;
  try {
    const title = document.querySelector("h1").textContent.trim();
    const read = JSON.parse(localStorage.getItem("read") ?? "[]");
    const others = read.filter(({ address }) => address !== location.pathname);
    localStorage.setItem("read", JSON.stringify([{ address: location.pathname, title }, ...others].slice(0, MOST)));
  } catch {
    // blocked or full
  }
}
