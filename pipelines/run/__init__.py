"""What every run needs: settings, the two times, the lock, progress, folders of builds, sealed errors."""
