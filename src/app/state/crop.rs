//! How a picture lies under the window that it is cropped to. Lengths are fractions of the window's side, so that the same crop
//! is drawn on the screen and, larger, for the server.

/// Largest zoom; 1 shows as much as fits.
pub const ZOOM_MAX: f64 = 5.0;

/// A picture's place, size and turn. It always covers the whole window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    width: f64,
    height: f64,
    /// Quarter turns clockwise, 0 to 3.
    pub turns: u8,
    /// 1 to [`ZOOM_MAX`].
    pub zoom: f64,
    /// From the window's centre to the picture's.
    pub x: f64,
    pub y: f64,
}

impl Crop {
    /// The middle of a picture of this many pixels.
    pub fn new(width: f64, height: f64) -> Self {
        Self { width: width.max(1.0), height: height.max(1.0), turns: 0, zoom: 1.0, x: 0.0, y: 0.0 }
    }

    /// Window sides that a pixel of the picture takes.
    pub fn scale(self) -> f64 {
        self.zoom / self.width.min(self.height)
    }

    /// Moved by this much.
    pub fn moved(self, x: f64, y: f64) -> Self {
        Self { x: self.x + x, y: self.y + y, ..self }.covering()
    }

    /// Zoomed by this factor, so that what is at this point of the window (from its centre) stays there.
    pub fn zoomed(self, factor: f64, x: f64, y: f64) -> Self {
        let zoom = (self.zoom * factor).clamp(1.0, ZOOM_MAX);
        let factor = zoom / self.zoom;
        Self { zoom, x: x + (self.x - x) * factor, y: y + (self.y - y) * factor, ..self }.covering()
    }

    /// Turned about the window's centre by quarters: 1 clockwise, -1 counter-clockwise.
    pub fn turned(self, quarters: i8) -> Self {
        let turns = (i16::from(self.turns) + i16::from(quarters)).rem_euclid(4) as u8;
        let (x, y) = if quarters > 0 { (-self.y, self.x) } else { (self.y, -self.x) };
        Self { turns, x, y, ..self }.covering()
    }

    /// Moved as little as needed to cover the window.
    fn covering(self) -> Self {
        let (width, height) = if self.turns.is_multiple_of(2) { (self.width, self.height) } else { (self.height, self.width) };
        let room = |length: f64| ((length * self.scale() - 1.0) / 2.0).max(0.0);
        Self { x: self.x.clamp(-room(width), room(width)), y: self.y.clamp(-room(height), room(height)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_never_leaves_the_window() {
        let wide = Crop::new(200.0, 100.0);
        assert_eq!((wide.moved(9.0, 9.0).x, wide.moved(9.0, 9.0).y), (0.5, 0.0));
        assert_eq!(wide.turned(1).moved(9.0, 9.0), Crop { turns: 1, x: 0.0, y: 0.5, ..wide });
        let corner = wide.zoomed(2.0, 0.0, 0.0).moved(-9.0, -9.0);
        assert_eq!((corner.x, corner.y), (-1.5, -0.5));
        assert_eq!(corner.zoomed(0.001, 0.0, 0.0).zoom, 1.0);
        assert_eq!(corner.zoomed(0.001, 0.0, 0.0).y, 0.0);
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let before = Crop::new(100.0, 100.0).zoomed(2.0, 0.0, 0.0);
        let after = before.zoomed(1.5, 0.25, -0.125);
        // The picture's own coordinate at that point, in window sides at zoom 1.
        let at = |crop: Crop| ((0.25 - crop.x) / crop.zoom, (-0.125 - crop.y) / crop.zoom);
        assert!((at(before).0 - at(after).0).abs() < 1e-9 && (at(before).1 - at(after).1).abs() < 1e-9);
    }

    #[test]
    fn four_turns_are_none() {
        let crop = Crop::new(300.0, 100.0).zoomed(3.0, 0.0, 0.0).moved(0.3, -0.2);
        assert_eq!(crop.turned(1).turned(1).turned(1).turned(1), crop);
        assert_eq!(crop.turned(1).turned(-1), crop);
    }
}
