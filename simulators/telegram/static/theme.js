// Runs before anything is painted, so that a chosen theme never flashes in the other colours.
const chosen = localStorage.getItem("theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
