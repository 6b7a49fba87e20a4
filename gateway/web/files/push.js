// What the service worker does with notices that reach it while the app is closed.
